using Google.Protobuf;
using Google.Protobuf.Reflection;
using MilvusTracing.Emulator.Errors;
using MilvusTracing.Emulator.Protos;

namespace MilvusTracing.Emulator.Requests;

/// <summary>Refuses requests with fields that milvus.proto marks as unsupported or does not define.</summary>
internal static class UnsupportedFields
{
    private const int BaseField = 1; // every request's MsgBase, which has no effect

    /// <exception cref="MilvusError">The message has an unsupported field with a value other than its default.</exception>
    public static void Check(IMessage message) => Check(message.Descriptor, message.ToByteString().CreateCodedInput());

    private static void Check(MessageDescriptor message, CodedInputStream input)
    {
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            var number = WireFormat.GetTagFieldNumber(tag);
            var field = message.FindFieldByNumber(number);
            if (field is null ? number != BaseField : field.GetOptions()?.GetExtension(MilvusExtensions.Unsupported) is true)
            {
                MilvusError.ThrowIf(
                    !IsDefault(input, WireFormat.GetTagWireType(tag)),
                    $"the Milvus emulator does not support {field?.Name ?? $"field {number}"} in {message.Name}");
            }
            else if (field is { FieldType: FieldType.Message, IsMap: false } && field.MessageType.Fields.InDeclarationOrder().Any(IsChecked))
            {
                Check(field.MessageType, input.ReadBytes().CreateCodedInput());
            }
            else
            {
                input.SkipLastField();
            }
        }
    }

    /// <summary>Whether the field needs a check. Messages without such fields, such as FloatArray, can be large and are skipped.</summary>
    private static bool IsChecked(FieldDescriptor field) =>
        field.FieldType is FieldType.Message || field.GetOptions()?.GetExtension(MilvusExtensions.Unsupported) is true;

    private static bool IsDefault(CodedInputStream input, WireFormat.WireType type) => type switch
    {
        WireFormat.WireType.Varint => input.ReadUInt64() == 0,
        WireFormat.WireType.Fixed32 => input.ReadFixed32() == 0,
        WireFormat.WireType.Fixed64 => input.ReadFixed64() == 0,
        WireFormat.WireType.LengthDelimited => input.ReadBytes().IsEmpty,
        _ => false,
    };
}
