# The blocks of docs/api-tour.md, as they stand there, from top to bottom, and
# once more: everybody arrives at 本次考试.

use lib 't/lib';
use Civic::Test;
use Civic::Media;
use Civic::Outbound;
use Civic::Sandbox;

use JSON::PP ();

my @people = (
    [ '张伟', '630105199003079996', 'Qinghai-Lake-2026' ],
    [ '李晓红', '63280119850601000X', 'Haixi-Salt-Lake-7' ],
    [ '王秀英', '630105194802210003', 'Xining-Grandma-48' ],
    [ '陈嘉伟', '810000199209159998', 'HongKong-Pier-9' ],
);


# ---- the demo's people -------------------------------------------------------

my $folder = Civic::Process::folder();
my $sandbox = Civic::Sandbox->new($folder);
my $port = Civic::Process::port();
my $n = 0;

$sandbox->put('card.secret', Civic::Sandbox::CARD_SECRET . "\n");
$sandbox->put('people.json', JSON::PP->new->utf8->encode([ map { $n++; {
    user => $_->[0], name => $_->[0], id_number => $_->[1],
    user_id => "208800000000000$n", open_id => "open-$n",
    card_password => '246810' } } @people ]));

# Without the models of faces photos wait for staff: a shorter tour.
my $faces = Civic::Media::has_models();
my $media = Civic::Media->start(faces => $faces);

my $civic = civic($sandbox->with_alipay(port => $port,
    upstreams => { card => $port, media => $media->location }, workers => 2,
    blobs => 'shared', server => 'client_max_body_size 8m;',
    plugins => [ 'civic', 'face_auth', ($faces ? 'photo_check' : ()), 'login card_issuer=' . Civic::Sandbox::ISSUER
            . ' card_client_id=civic card_client_secret='
            . $sandbox->path('card.secret')
            . ' card_redirect_uri=' . Civic::Sandbox::CALLBACK ]));

$n = 0;
$civic->add_person(++$n, name => $_->[0], id_number => $_->[1],
    password => $_->[2]) for @people;


# ---- the tour ----------------------------------------------------------------

open my $file, '<:utf8', Civic::Nginx::root() . '/docs/api-tour.md'
    or die "the tour: $!";
my $text = do { local $/; <$file> };
$text =~ s/^## The photo, when it is not right.*//ms if !$faces;
my $script = join '', $text =~ /^```sh\n(.*?)^```$/msg;
my $url = $civic->nginx->url;

my $photos = Civic::Nginx::build() . '/photos';

is($script =~ s/^B=.*/B=$url/mg, 1, 'one place says where');
is($script =~ s/^P=.*/P=$photos/mg, 1, 'and one where the photos are');
open my $out, '>:utf8', "$folder/tour" or die "tour: $!";
print {$out} "set -eu\nexec 2>&1\n$script";
close $out;

sub photos {
    my ($said) = @_;
    my %of = $said =~
        /^(good|bad|grey|snapshot|made|submitted): ?(.*?) *$/mg;

    is($of{good}, '', 'a good photo');
    like($of{bad}, qr/bytes:refuse width:refuse height:refuse .*background:/,
        'a bad one: all at once');
    is($of{grey}, 'colour:refuse', 'a grey one');
    isnt($of{snapshot}, '', 'a snapshot is none');
    is($of{made}, '', 'but can be made one');
    is($of{submitted}, 'comparing', 'and is taken');
    return;
}

sub tour {
    my $said = `bash $folder/tour`;
    my $status = $? >> 8;

    utf8::decode($said);
    is($status, 0, 'it runs') or diag($said);
    is_deeply([ $said =~ /^(\S+): complete$/mg ], [ map { $_->[0] } @people ],
        'everybody arrives') or diag($said);
    photos($said) if $faces;
    return [ $said =~ /^next: (\w+)$/mg ];
}

# A photo waits for its comparison, and its owner goes on.
my @end = $faces ? qw(photo exam) : 'exam';
is_deeply(tour(), [ 'face', @end, qw(authorise identity face password), @end,
    qw(password identity face), @end, 'face', @end ], 'by these steps');
is_deeply(tour(), [ ('exam') x 4 ], 'who comes again is there at once');

finish();
